deconvvizImage({"number":73,"units":[[4,5,8,0.702,[32,32,93,93],0.05198]],"file":"tree 73","class":"tree","rows":112,"columns":112,"before":72,"after":75});
