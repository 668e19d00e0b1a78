deconvvizImage({"number":248,"units":[[3,11,1,0.895,[3,11,58,66],0.03061]],"file":"vase 248","class":"vase","rows":112,"columns":112,"before":247,"after":249});
