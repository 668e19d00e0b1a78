deconvvizImage({"number":14,"units":[[2,3,8,0.711,[36,44,73,81],0.0611]],"file":"train 14","class":"train","rows":112,"columns":112,"before":13,"after":15});
