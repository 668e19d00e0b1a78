deconvvizImage({"number":98,"units":[[4,20,8,0.635,[-8,40,37,85],0.04293]],"file":"train 98","class":"train","rows":112,"columns":112,"before":95,"after":99});
