deconvvizImage({"number":25,"units":[[3,79,0,1.0,[61,-3,96,32],0.1733]],"file":"cat 25","class":"cat","rows":112,"columns":112,"before":23,"after":29});
