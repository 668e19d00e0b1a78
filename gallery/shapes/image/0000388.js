deconvvizImage({"number":388,"units":[[3,16,4,0.787,[-13,11,26,50],0.1204]],"file":"vase 388","class":"vase","rows":112,"columns":112,"before":387,"after":389});
