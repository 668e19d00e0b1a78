deconvvizImage({"number":252,"units":[[2,61,6,0.839,[53,69,88,104],0.04585]],"file":"car 252","class":"car","rows":112,"columns":112,"before":250,"after":253});
