deconvvizImage({"number":365,"units":[[1,11,5,0.901,[61,57,80,76],0.1365],[4,79,6,0.795,[58,26,115,83],0.04709]],"file":"face 365","class":"face","rows":112,"columns":112,"before":363,"after":370});
