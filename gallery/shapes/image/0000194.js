deconvvizImage({"number":194,"units":[[3,18,5,0.856,[-8,32,37,77],0.04647]],"file":"beetle 194","class":"beetle","rows":112,"columns":112,"before":193,"after":196});
