deconvvizImage({"number":231,"units":[[1,9,7,0.928,[55,43,78,66],0.174],[1,43,3,0.808,[14,46,39,71],0.1309]],"file":"clock 231","class":"clock","rows":112,"columns":112,"before":230,"after":234});
