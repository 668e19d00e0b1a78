deconvvizImage({"number":416,"units":[[3,11,6,0.787,[43,3,98,58],0.01806]],"file":"vase 416","class":"vase","rows":112,"columns":112,"before":407,"after":417});
