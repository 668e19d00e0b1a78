deconvvizImage({"number":244,"units":[[4,4,1,0.879,[40,32,101,93],0.01943],[4,71,8,0.695,[29,37,80,88],0.02209]],"file":"book 244","class":"book","rows":112,"columns":112,"before":242,"after":245});
