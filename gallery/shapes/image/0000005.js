deconvvizImage({"number":5,"units":[[1,20,4,0.894,[59,19,82,42],0.1092],[3,84,0,1.0,[40,40,85,85],0.03383]],"file":"bicycle 5","class":"bicycle","rows":112,"columns":112,"before":2,"after":6});
