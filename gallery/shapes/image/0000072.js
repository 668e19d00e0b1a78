deconvvizImage({"number":72,"units":[[4,18,6,0.831,[13,29,64,80],0.01067]],"file":"sailboat 72","class":"sailboat","rows":112,"columns":112,"before":71,"after":73});
