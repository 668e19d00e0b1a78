deconvvizImage({"number":112,"units":[[4,3,6,0.636,[40,32,85,77],0.06062]],"file":"car 112","class":"car","rows":112,"columns":112,"before":110,"after":113});
