deconvvizImage({"number":225,"units":[[1,43,4,0.779,[46,30,71,55],0.1015]],"file":"face 225","class":"face","rows":112,"columns":112,"before":224,"after":228});
