# the lab: real servers on this machine (tests/lab/lab help)
LAB := tests/lab/lab

.PHONY: lab-up lab-down lab-apps lab-status lab-dirt lab-survivors lab-destroy
lab-up:        ; @$(LAB) up
lab-down:      ; @$(LAB) down
lab-apps:      ; @$(LAB) apps
lab-status:    ; @$(LAB) status
lab-dirt:      ; @$(LAB) dirt $(HOSTS)
lab-survivors: ; @$(LAB) survivors $(HOSTS)
lab-destroy:   ; @$(LAB) destroy
