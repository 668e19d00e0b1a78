deconvvizImage({"number":253,"units":[[1,36,4,0.88,[58,6,83,31],0.1451],[4,27,4,0.897,[57,41,100,84],0.1083]],"file":"face 253","class":"face","rows":112,"columns":112,"before":252,"after":254});
