deconvvizImage({"number":224,"units":[[4,17,2,0.823,[38,22,87,71],0.03982],[4,125,8,0.703,[51,11,90,50],0.07393]],"file":"car 224","class":"car","rows":112,"columns":112,"before":222,"after":225});
