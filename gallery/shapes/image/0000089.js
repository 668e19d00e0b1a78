deconvvizImage({"number":89,"units":[[3,84,3,0.92,[64,40,109,85],0.02936],[4,3,7,0.636,[40,16,85,61],0.06815]],"file":"bicycle 89","class":"bicycle","rows":112,"columns":112,"before":88,"after":90});
