deconvvizImage({"number":82,"units":[[0,16,8,0.952,[17,91,24,98],0.02622],[4,59,6,0.791,[0,16,45,61],0.06975]],"file":"beetle 82","class":"beetle","rows":112,"columns":112,"before":79,"after":84});
