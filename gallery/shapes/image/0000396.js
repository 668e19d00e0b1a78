deconvvizImage({"number":396,"units":[[3,36,3,0.744,[-2,70,47,119],0.1318],[4,36,4,0.705,[18,66,59,107],0.03229]],"file":"fish 396","class":"fish","rows":112,"columns":112,"before":393,"after":398});
