deconvvizImage({"number":325,"units":[[1,5,8,0.865,[75,43,98,66],0.08183],[4,5,4,0.811,[32,16,93,77],0.05821]],"file":"tree 325","class":"tree","rows":112,"columns":112,"before":324,"after":327});
