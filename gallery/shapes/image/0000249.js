deconvvizImage({"number":249,"units":[[1,17,2,0.847,[31,51,54,74],0.2226],[2,71,8,0.679,[43,27,82,66],0.05506]],"file":"cat 249","class":"cat","rows":112,"columns":112,"before":248,"after":250});
