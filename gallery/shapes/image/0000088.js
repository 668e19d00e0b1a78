deconvvizImage({"number":88,"units":[[2,20,1,0.182,[65,57,108,100],7.973e-06]],"file":"fish 88","class":"fish","rows":112,"columns":112,"before":85,"after":89});
