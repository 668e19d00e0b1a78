deconvvizImage({"number":53,"units":[[2,59,6,0.866,[28,28,65,65],0.07123]],"file":"cat 53","class":"cat","rows":112,"columns":112,"before":52,"after":60});
