deconvvizImage({"number":183,"units":[[4,71,7,0.7,[21,45,72,96],0.01763]],"file":"mushroom 183","class":"mushroom","rows":112,"columns":112,"before":181,"after":184});
