deconvvizImage({"number":342,"units":[[1,20,8,0.875,[43,59,66,82],0.1338]],"file":"owl 342","class":"owl","rows":112,"columns":112,"before":341,"after":343});
