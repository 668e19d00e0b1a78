deconvvizImage({"number":65,"units":[[0,17,4,0.971,[31,67,38,74],0.1626],[0,4,4,0.961,[29,33,36,40],0.2972]],"file":"bus 65","class":"bus","rows":112,"columns":112,"before":64,"after":66});
