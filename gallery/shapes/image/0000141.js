deconvvizImage({"number":141,"units":[[4,16,5,0.546,[45,13,96,64],0.09354]],"file":"face 141","class":"face","rows":112,"columns":112,"before":138,"after":143});
