deconvvizImage({"number":312,"units":[[2,16,6,0.784,[-4,20,33,57],0.05143]],"file":"fish 312","class":"fish","rows":112,"columns":112,"before":311,"after":313});
