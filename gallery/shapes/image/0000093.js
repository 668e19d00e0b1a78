deconvvizImage({"number":93,"units":[[2,27,3,0.813,[51,67,90,106],0.1072],[3,5,3,0.754,[45,5,96,56],0.06273]],"file":"bus 93","class":"bus","rows":112,"columns":112,"before":92,"after":95});
