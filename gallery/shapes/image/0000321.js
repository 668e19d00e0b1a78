deconvvizImage({"number":321,"units":[[3,4,8,0.779,[62,6,111,55],0.07438]],"file":"tiger 321","class":"tiger","rows":112,"columns":112,"before":319,"after":322});
