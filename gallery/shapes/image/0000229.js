deconvvizImage({"number":229,"units":[[3,84,7,0.879,[72,48,117,93],0.02814]],"file":"bicycle 229","class":"bicycle","rows":112,"columns":112,"before":228,"after":230});
