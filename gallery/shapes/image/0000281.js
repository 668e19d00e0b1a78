deconvvizImage({"number":281,"units":[[1,9,8,0.921,[39,35,62,58],0.1444],[3,61,7,0.892,[25,25,68,68],0.08393]],"file":"face 281","class":"face","rows":112,"columns":112,"before":278,"after":284});
