deconvvizImage({"number":148,"units":[[0,11,8,0.823,[45,85,52,92],0.2904]],"file":"butterfly 148","class":"butterfly","rows":112,"columns":112,"before":147,"after":149});
