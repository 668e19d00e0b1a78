deconvvizImage({"number":235,"units":[[4,16,3,0.595,[45,21,96,72],0.1001]],"file":"snail 235","class":"snail","rows":112,"columns":112,"before":234,"after":236});
