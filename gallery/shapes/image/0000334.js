deconvvizImage({"number":334,"units":[[3,18,3,0.893,[24,0,69,45],0.04209]],"file":"beetle 334","class":"beetle","rows":112,"columns":112,"before":333,"after":336});
