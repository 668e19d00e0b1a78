deconvvizImage({"number":341,"units":[[3,84,4,0.906,[72,40,117,85],0.03044]],"file":"bicycle 341","class":"bicycle","rows":112,"columns":112,"before":340,"after":342});
