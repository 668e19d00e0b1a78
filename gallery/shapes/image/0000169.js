deconvvizImage({"number":169,"units":[[2,18,8,0.818,[29,61,64,96],0.04637]],"file":"face 169","class":"face","rows":112,"columns":112,"before":166,"after":172});
