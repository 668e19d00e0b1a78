deconvvizImage({"number":269,"units":[[4,5,6,0.74,[24,0,85,61],0.04077]],"file":"tree 269","class":"tree","rows":112,"columns":112,"before":264,"after":271});
