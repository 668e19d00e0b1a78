deconvvizImage({"number":313,"units":[[0,3,7,0.943,[65,3,72,10],0.0406]],"file":"bicycle 313","class":"bicycle","rows":112,"columns":112,"before":312,"after":314});
