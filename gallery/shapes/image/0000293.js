deconvvizImage({"number":293,"units":[[0,9,0,1.0,[63,51,70,58],0.1343]],"file":"tiger 293","class":"tiger","rows":112,"columns":112,"before":289,"after":294});
