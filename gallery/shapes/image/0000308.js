deconvvizImage({"number":308,"units":[[4,17,6,0.751,[22,30,71,79],0.04654]],"file":"car 308","class":"car","rows":112,"columns":112,"before":306,"after":309});
