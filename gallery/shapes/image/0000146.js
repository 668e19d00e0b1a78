deconvvizImage({"number":146,"units":[[0,16,2,0.978,[29,41,36,48],0.02695],[4,18,7,0.784,[37,-11,88,40],0.01327]],"file":"owl 146","class":"owl","rows":112,"columns":112,"before":145,"after":147});
