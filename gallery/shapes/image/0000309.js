deconvvizImage({"number":309,"units":[[0,20,4,0.971,[55,47,62,54],0.02665]],"file":"face 309","class":"face","rows":112,"columns":112,"before":308,"after":310});
