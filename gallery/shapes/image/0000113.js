deconvvizImage({"number":113,"units":[[1,11,1,0.956,[57,45,76,64],0.1897],[4,79,5,0.795,[50,10,107,67],0.06008]],"file":"face 113","class":"face","rows":112,"columns":112,"before":112,"after":114});
