deconvvizImage({"number":276,"units":[[3,11,5,0.824,[35,19,90,74],0.02517]],"file":"vase 276","class":"vase","rows":112,"columns":112,"before":275,"after":277});
