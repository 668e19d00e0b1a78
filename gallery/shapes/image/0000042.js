deconvvizImage({"number":42,"units":[[4,93,8,0.657,[56,48,101,93],0.07153]],"file":"train 42","class":"train","rows":112,"columns":112,"before":41,"after":44});
