deconvvizImage({"number":417,"units":[[0,9,6,0.911,[69,31,76,38],0.1223]],"file":"cat 417","class":"cat","rows":112,"columns":112,"before":416,"after":418});
