deconvvizImage({"number":85,"units":[[2,43,3,0.927,[32,32,61,61],0.1717]],"file":"face 85","class":"face","rows":112,"columns":112,"before":84,"after":88});
