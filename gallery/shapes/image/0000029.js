deconvvizImage({"number":29,"units":[[0,5,2,0.967,[63,33,70,40],0.004126],[4,93,6,0.664,[32,24,77,69],0.07831]],"file":"face 29","class":"face","rows":112,"columns":112,"before":25,"after":30});
