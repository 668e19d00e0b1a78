deconvvizImage({"number":360,"units":[[3,11,4,0.836,[27,19,82,74],0.02976]],"file":"vase 360","class":"vase","rows":112,"columns":112,"before":357,"after":361});
