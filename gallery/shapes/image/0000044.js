deconvvizImage({"number":44,"units":[[4,18,1,0.976,[21,45,72,96],0.01405]],"file":"sailboat 44","class":"sailboat","rows":112,"columns":112,"before":42,"after":45});
