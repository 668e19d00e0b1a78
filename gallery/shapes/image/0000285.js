deconvvizImage({"number":285,"units":[[2,93,2,0.785,[26,58,67,99],0.04328]],"file":"bicycle 285","class":"bicycle","rows":112,"columns":112,"before":284,"after":286});
